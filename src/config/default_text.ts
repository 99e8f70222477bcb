// The text of a new `runtime.toml`: all that can be set, with its default, commented out.

export const defaultText =
  `# The configuration of jamey. Everything here is optional; a line counts without its leading "#".
# After a change: jamey config check, then jamey restart.
#
# Secrets are never written here. A key is named by its place: "env:NAME" is an environment variable of the daemon,
# "keychain:NAME" an entry of the system's keychain (jamey config key NAME stores one).

#default_provider = "work"       # JAMEY_PROVIDER wins over it
#fallback = ["local"]            # tried in this order when a provider cannot be reached

#[providers.work]
#kind = "anthropic"              # or openai, azure, ollama, scripted, recorded
#key = "env:ANTHROPIC_API_KEY"
#model = "claude-sonnet-5-5"
#thinking_budget = 8192          # anthropic: tokens for thinking before an answer

#[providers.hosted]
#kind = "openai"                 # any endpoint that speaks the OpenAI protocol
#key = "keychain:hosted"
#base_url = "https://api.openai.com/v1"
#model = "gpt-5.5"
#api = "auto"                    # or chat, responses

#[providers.company]
#kind = "azure"
#key = "env:AZURE_OPENAI_API_KEY"
#endpoint = "https://company.openai.azure.com"
#api_version = "2024-10-21"
#model = "gpt-5.5"               # the name of the deployment, unless one is named here:
#deployment = "name-of-the-deployment"
#api = "chat"                    # or responses

#[providers.local]
#kind = "ollama"
#base_url = "http://127.0.0.1:11434"
#model = "llama3.2"
#keep_alive = "30m"

#[models."some-model"]           # for models that jamey does not know, or prices of your own
#window = 128000
#output_max = 16384
#vision = false
#price = { input = 1.0, output = 2.0, cache_read = 0.1, cache_write = 1.25 }  # US dollars for a million tokens

#[limits]                        # of one session; it pauses and asks
#steps = 100
#wall_minutes = 120
#tokens = 10_000_000
#cost_usd = 20.0
#repeat = 5                      # the same call with the same result

#[agents]                        # sub-agents of one session
#depth = 3                       # levels below the main agent
#at_once = 16                    # that live at the same time
#total = 1000                    # that there may ever be
#restarts = 1                    # how often one begins again whose endpoint failed
#restart_seconds = 5             # wait before the first time; it doubles each time

#[modes.review]                  # who takes part when several agents answer: see docs/modes.md
#rounds_max = 3
#members = [{ name = "author" }, { name = "facts", role = "who checks facts", max_turns = 20 }]

#[context]
#compact_at = 0.8                # share of the model's window at which the conversation is summarised
#micro_at = 0.6                  # share at which old tool results become references

#[permissions]                   # deny before ask before allow; see them with: jamey permissions
#mode = "default"                # of new sessions; or acceptEdits, auto (recommended where the sandbox works), plan, dontAsk
#allow = ["Bash(npm run test:*)", "WebFetch(domain:docs.example.com)"]
#ask = ["Bash(git push:*)"]
#deny = ["Read(./secrets/**)", "Bash(curl:*)"]

#[secrets]                       # keys, .env files and the like are kept from tools, and from commands in the sandbox
#readable = ["fixtures/*.pem"]   # may be read all the same; "~/x", "/x", or at any depth
#hidden = ["~/Letters"]          # secret as well

#[environment]
#pass = ["DATABASE_HOST"]        # variables that commands, servers and hooks get besides PATH, HOME and the like

#[sandbox]                       # commands of the Bash tool, where the system can confine them; see jamey doctor
#enabled = true
#allow_hosts = ["registry.npmjs.org", "*.example.com"]   # there is no network otherwise
#allow_write = ["~/.cache"]      # besides the workspace and temporary files

#[web]
#search_url = "http://127.0.0.1:8080"   # a SearXNG instance, or an address with {query}
#search_key = "env:SEARCH_KEY"
#allow_private = false           # lets WebFetch and Browser reach this machine and private networks

#[browser]
#executable = "/usr/bin/chromium"

#[tools.weather]                 # a tool of your own: a process that reads JSON and writes JSON, or type = "http" with url
#type = "process"
#command = ["/usr/local/bin/weather"]
#description = "Tells the weather of a place"
#parameters = { type = "object", properties = { place = { type = "string" } } }
#timeout_s = 60
#confirm = true

#[mcp.files]                     # an MCP server: command, or url and headers; it is started in your home folder
#command = "npx"                 # "." among args is the folder of the session
#args = ["-y", "@modelcontextprotocol/server-filesystem", "."]
#env = { TOKEN = "env:FILES_TOKEN" }
#timeout_s = 60
#enabled = true

#[[hooks.PreToolUse]]            # a program that is told and may object: exit code 2 blocks
#matcher = "Bash|Write"
#command = "/usr/local/bin/check-call"
#timeout_s = 10

#[instructions]
#extra = "Answer in English"     # added to the system prompt of every session
`;
