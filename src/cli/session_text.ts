// Facts of the session itself in words: what it is called, where it came from, who has it, and stops of its turns.
import { short, type Words } from "./fact_words.ts";

export const sessionWords: Words = {
  "session.renamed": ({ name }) => [`is called ${short(name)} now`],
  "session.forked": ({ from, at }) => [`forked from ${short(from)} at #${at}`],
  "session.archived": () => ["moved to the trash"],
  "session.restored": () => ["taken out of the trash"],
  "session.owned": ({ version, recovered, epoch }) => [
    `${recovered ? "taken up again after a restart" : "taken up"} by ${short(version)} (epoch ${epoch})`,
  ],
  "session.upgraded": (
    { from, to },
  ) => [`folded by newer machines from here on: ${short(from)} -> ${short(to)}`],
  "turn.cancelled": ({ by, outcome }) => [`${outcome} by ${short(by)}`],
};
