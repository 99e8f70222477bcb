// The addresses of the web that tools take: http and https, without a user name or password.
import { Problem } from "../../src/protocol/problem.ts";

export const urlCharsMax = 8_000;

/** The URL; a Problem for everything that is not a plain web address. `base` is what a relative one belongs to. */
export function parseWebUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base);
  if (url === null || text.length > urlCharsMax) {
    throw new Problem("bad_request", `Cannot use "${text.slice(0, 200)}": it is not a web address`, {
      hint: 'give a whole one, as in "https://example.com/page"',
    });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Problem(
      "bad_request",
      `Cannot use "${text.slice(0, 200)}": "${url.protocol}" is not http or https`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new Problem(
      "bad_request",
      `Cannot use an address for "${url.host}": it holds a user name or a password`,
      {
        hint: "leave them out",
      },
    );
  }
  url.hash = "";
  return url;
}

export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/** The host for a rule such as `WebFetch(domain:HOST)`; what is no address is named as it is. */
export function domainOf(text: string): string {
  return URL.parse(text)?.hostname || text.slice(0, 200);
}
