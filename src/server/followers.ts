// A counter of places for those who follow sessions.
import { Problem } from "../protocol/problem.ts";
import type { Followers } from "./route.ts";

/** Makes `placesMax` places. */
export function createFollowers(placesMax: number): Followers {
  let taken = 0;
  return {
    enter() {
      if (taken >= placesMax) {
        throw new Problem(
          "too_many_requests",
          `Cannot follow the session: ${placesMax} clients follow already`,
          {
            hint: "Close one of them, or read pages with GET /sessions/:id/events",
          },
        );
      }
      taken++;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        taken--;
      };
    },
  };
}
