// Names by which a file is secret wherever it lies. Pure; upper and lower case are the same.

/** `.env`, `.env.local`, `.env-prod`, `.envrc`; never the samples that are meant to be shared. */
const environmentFile = /^\.env(?:rc)?(?:[._-].*)?$/;
const sample = /[._-](?:example|sample|template|dist|defaults|schema)$/;

const keyEnding = /\.(?:pem|key|p8|p12|pfx|pkcs12|pk8|jks|keystore|bcfks|kdbx?|ppk|agekey)$/;
/** `id_ed25519`, `id_rsa.old`, `id_work`; what has an ending of its own, like `id_map.ts`, is something else. */
const sshKey = /^id_(?:(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?:[._-].*)?|[^.]+)$/;
const hostKey = /^ssh_host_.+_key$/;
/** Certificates of authorities that programs bring along: public, and commands break without them. */
const publicBundle = /^(?:cacert|ca-bundle|ca-certificates|roots)\.pem$/;

const credentialFiles = new Set([
  ".netrc",
  "_netrc",
  ".git-credentials",
  ".pypirc",
  ".pgpass",
  ".htpasswd",
  ".vault-token",
]);

/** What a file of this name is, in words; null when the name says nothing. */
export function secretName(name: string): string | null {
  const folded = name.normalize("NFC").toLowerCase();
  if (environmentFile.test(folded) && !sample.test(folded)) return "an environment file";
  if (credentialFiles.has(folded)) return "a file of credentials";
  if (folded.endsWith(".pub") || publicBundle.test(folded)) return null;
  const isKey = keyEnding.test(folded) || sshKey.test(folded) || hostKey.test(folded);
  return isKey ? "a private key" : null;
}
