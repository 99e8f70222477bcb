// References to secrets: `env:NAME` and `keychain:NAME`. Settings hold these, never a secret itself.
import { z } from "zod";

export interface Reference {
  store: "env" | "keychain";
  name: string;
}

const pattern = /^(?:(env):([A-Za-z_][A-Za-z0-9_]{0,127})|(keychain):([A-Za-z0-9][A-Za-z0-9_.@-]{0,63}))$/;
const bearer = /^(?:Bearer|bearer) (?=env:|keychain:)/;

/** Beginnings that issuers give their keys, and words too long and mixed to be anything else. */
const issued =
  /(?:^|[^A-Za-z0-9])(?:sk-[\w-]{6}|sk_(?:live|test)_\w|xai-\w{6}|gsk_\w{6}|hf_\w{6}|gh[pousr]_\w{6}|github_pat_\w|glpat-\w|xox[abeoprs]-|AKIA[0-9A-Z]{8}|AIza[\w-]{8}|eyJ[\w-]{8,}\.)/;
const mixed = /^(?=[^\s]*[A-Za-z])(?=[^\s]*[0-9])[A-Za-z0-9+/=_-]{32,}$/;

/** The reference that a text is, also after "Bearer "; null when it is none. */
export function referenceIn(text: string): Reference | null {
  const [, env, variable, , entry] = pattern.exec(text.replace(bearer, "")) ?? [];
  if (env !== undefined && variable !== undefined) return { store: "env", name: variable };
  return entry === undefined ? null : { store: "keychain", name: entry };
}

/** What stands before the reference in the text: "Bearer ", or nothing. */
export function prefixOf(text: string): string {
  return bearer.exec(text)?.[0] ?? "";
}

export function looksSecret(text: string): boolean {
  return issued.test(text) || mixed.test(text);
}

/** What to do about a text that is no reference. */
export const referenceFix =
  'write the secret\'s place instead: "env:NAME" or "keychain:NAME" (jamey config key NAME stores one)';

/** A secret by reference and nothing else. The messages never repeat what was given. */
export const secretReference = z.string().superRefine((text, context) => {
  const refuse = (why: string) => context.addIssue({ code: "custom", message: `${why}; ${referenceFix}` });
  if (looksSecret(text)) refuse("looks like a secret itself");
  else if (referenceIn(text) === null || prefixOf(text) !== "") refuse("is no reference");
});
