// Values for environments and headers, which may be references to secrets but never secrets.
import { z } from "zod";
import { looksSecret, prefixOf, referenceFix, referenceIn } from "../providers/reference.ts";

// The command line knows the configuration and none of the providers below it.
export { referenceIn };

/** A value for an environment or a header: a reference, or plain text that is no secret. */
export const referenceOrText = z.string().max(8_192).superRefine((text, context) => {
  const refuse = (why: string) => context.addIssue({ code: "custom", message: `${why}; ${referenceFix}` });
  const bare = text.slice(prefixOf(text).length);
  if (looksSecret(text)) refuse("looks like a secret itself");
  else if (/^(?:env|keychain):/.test(bare) && referenceIn(text) === null) refuse("is no reference");
});
