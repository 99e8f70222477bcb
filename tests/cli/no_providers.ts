// An environment that names no provider, whatever the machine that runs the tests has set.
export const noProviders = {
  OPENAI_API_KEY: "",
  ANTHROPIC_API_KEY: "",
  AZURE_OPENAI_API_KEY: "",
  OLLAMA_HOST: "",
  LLM_BASE_URL: "",
  LLM_MODEL: "",
  JAMEY_PROVIDER: "",
};
