// A counter of places: for what holds memory as long as it lasts, such as sockets, streams and waits.
import { Problem } from "../protocol/problem.ts";

export interface Places {
  /** Takes a place and returns how to give it back; throws a Problem `too_many_requests` when there is none. */
  enter(): () => void;
}

/** Makes `placesMax` places; `refusal` says what could not be done. */
export function createPlaces(placesMax: number, refusal: string): Places {
  let taken = 0;
  return {
    enter() {
      if (taken >= placesMax) {
        throw new Problem("too_many_requests", `${refusal}: ${placesMax} clients do that already`, {
          hint: "Close one of them, or read pages with GET /sessions/:id/events",
        });
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
