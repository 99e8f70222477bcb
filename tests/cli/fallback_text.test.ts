// What a replay shows of a model that was asked because another one could not answer.
import { expect, test } from "vitest";
import pc from "picocolors";
import { renderEvent } from "../../src/cli/render.ts";

test("a fallback is shown with whom it stands in for, and why", () => {
  const called = {
    request_id: "r3",
    provider: "second",
    model: "large",
    attempt: 2,
    head: {},
    request_sha256: "0",
    instead_of: {
      provider: "first",
      model: "small",
      error: { code: "unavailable", message: "nobody answers" },
    },
  };
  const event = { seq: 5, at: "2026-01-01T00:00:00.000Z", actor: "main", type: "model.called", v: 1 };
  const show = (data: typeof called | Omit<typeof called, "instead_of">) =>
    renderEvent({ ...event, data }, { colours: pc.createColors(false), columns: 100 });
  expect(show(called)).toMatch(
    /second\/large \(attempt 2\), instead of first\/small: .*unavailable.*nobody answers/,
  );
  const { instead_of: _, ...plain } = called;
  expect(show(plain)).not.toContain("instead of");
});
