// Places in a home folder and of the system that hold secrets, as programs are known to keep them. Data only.

export interface SecretPlace {
  /** Below the home folder, or absolute. A folder covers all that is in it; a last `*` stands for any ending. */
  path: string;
  /** What it holds, in words that follow "it is". */
  what: string;
}

function placesOf(what: string, paths: string): SecretPlace[] {
  return paths.trim().split(/\s*\n\s*/).map((path) => ({ path, what }));
}

const credentials = placesOf(
  "a place of credentials",
  `.ssh
  .gnupg
  .aws
  .azure
  .config/gcloud
  .kube
  .docker/config.json
  .config/containers/auth.json
  .netrc
  _netrc
  .npmrc
  .yarnrc.yml
  .pypirc
  .git-credentials
  .config/git/credentials
  .config/gh
  .config/glab*
  .config/hub
  .config/rclone
  .config/doctl
  .config/op
  .config/sops
  .cargo/credentials*
  .gem/credentials
  .m2/settings.xml
  .m2/settings-security.xml
  .gradle/gradle.properties
  .nuget/NuGet/NuGet.Config
  .terraform.d/credentials*
  .password-store
  .vault-token
  .pgpass
  .my.cnf
  .s3cfg
  .boto
  .config/age
  AppData/Roaming/gcloud
  AppData/Roaming/GitHub CLI`,
);

const keyrings = placesOf(
  "a keyring",
  `.local/share/keyrings
  .local/share/kwalletd
  .config/kwalletrc
  Library/Keychains
  AppData/Local/Microsoft/Credentials
  AppData/Roaming/Microsoft/Credentials
  AppData/Roaming/Microsoft/Protect`,
);

const browsers = placesOf(
  "a browser profile",
  `.mozilla
  .librewolf
  .thunderbird
  .config/google-chrome*
  .config/chromium
  .config/BraveSoftware
  .config/microsoft-edge*
  .config/vivaldi
  .config/opera
  snap/firefox/common/.mozilla
  snap/chromium/common/chromium
  .var/app/org.mozilla.firefox
  .var/app/com.google.Chrome
  .var/app/org.chromium.Chromium
  .var/app/com.brave.Browser
  .var/app/com.microsoft.Edge
  Library/Application Support/Google/Chrome*
  Library/Application Support/Chromium
  Library/Application Support/Firefox
  Library/Application Support/BraveSoftware
  Library/Application Support/Microsoft Edge*
  Library/Safari
  Library/Containers/com.apple.Safari
  Library/Cookies
  AppData/Local/Google/Chrome
  AppData/Local/Chromium
  AppData/Local/BraveSoftware
  AppData/Local/Microsoft/Edge
  AppData/Roaming/Mozilla`,
);

const histories = placesOf(
  "a history of commands",
  `.bash_history
  .zsh_history
  .zhistory
  .zsh_sessions
  .histfile
  .sh_history
  .ash_history
  .ksh_history
  .local/share/fish/fish_history
  .python_history
  .node_repl_history
  .psql_history
  .mysql_history
  .sqlite_history
  .rediscli_history
  .irb_history
  .local/share/powershell/PSReadLine
  AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine`,
);

export const homePlaces: readonly SecretPlace[] = [...credentials, ...keyrings, ...browsers, ...histories];

export const systemPlaces: readonly SecretPlace[] = placesOf(
  "a place of credentials of the system",
  `/etc/shadow*
  /etc/gshadow*
  /etc/ssl/private
  /run/secrets
  /var/run/secrets`,
);

/** What the system shows of running programs: their variables and memory, the daemon's own among them. */
export const runningProgram =
  /^\/proc\/[^/]+\/(?:task\/[^/]+\/)?(?:environ|mem|auxv|maps|smaps|cmdline|root|cwd|fd|fdinfo|map_files)(?:\/|$)/;
