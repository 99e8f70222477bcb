// The runtime: all sessions of one daemon behind the host port, from its start-up recovery to its graceful stop.
import { customAlphabet } from "nanoid";
import { stepSession } from "../machines/session.ts";
import { atRest, emptySession, type SessionState } from "../machines/session_state.ts";
import { checkedMachineVersion } from "../machines/version.ts";
import { factVersions, mainActor } from "../src/protocol/facts.ts";
import type { CreateSession } from "../src/protocol/http.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { pause } from "../src/platform/pause.ts";
import { messageOf, Problem } from "../src/protocol/problem.ts";
import { noHooks } from "../src/hooks/none.ts";
import { agentToolSource } from "./agent_tool.ts";
import { refuseWhileAtWork } from "./at_work.ts";
import { defaultLimits } from "./budgets.ts";
import { carryOut } from "./commands.ts";
import { creation } from "./creation.ts";
import { createExecutors } from "./executors.ts";
import { folderPort } from "./folder_port.ts";
import { foldState } from "./fold.ts";
import { haltWork } from "./halt.ts";
import { createHookNotices } from "./hook_notices.ts";
import { checkPoint } from "./look.ts";
import { readFacts, redact } from "./packing.ts";
import { requestOf, summaryOf, verifyLog } from "./replay.ts";
import { kernelToolList } from "./kernel_tools.ts";
import { runHooks } from "./run_hooks.ts";
import type { Runtime, RuntimeOptions } from "./runtime_options.ts";
import type { SessionActor } from "./session_port.ts";
import { createSessionIndex } from "./session_index.ts";
import { createSessions, type Loaded } from "./sessions.ts";
import { permissionPort } from "./permission_port.ts";
import { checkMode } from "./permission_settings.ts";
import { trustPort } from "./outside.ts";
import { checkModeRefused } from "./refused_work.ts";
import { createToolRegistry } from "./tool_registry.ts";
import { viewsPort } from "./views_port.ts";
import { waitForCall, waitForTurn } from "./waiting.ts";

/** How long a graceful stop waits for work to say how far it came. */
const shutdownMs = 1_500;
const sweepEveryMs = 1_000;
/** Sessions opened at a time at start-up. */
const openAtOnce = 8;

const newId = customAlphabet("0123456789abcdefghijklmnopqrstuvwxyz", 14);

export function createRuntime(options: RuntimeOptions): Runtime {
  const { store, providers, hooks = noHooks, report } = options;
  const machineVersion = checkedMachineVersion();
  const limits = { ...defaultLimits, ...options.limits };
  const registry = createToolRegistry([...options.tools, ...kernelToolList()], {
    sources: options.sources ?? [],
    ...(options.agents === undefined ? {} : { own: agentToolSource(options.agents) }),
    report,
  });
  const providerOf = (name: string) => providers.get(name);
  const index = createSessionIndex(store, machineVersion);
  const unresting = new Set<string>();
  /** Ids of sessions that are being made: whoever opens all that is there must leave them alone. */
  const making = new Set<string>();
  let stopping = false;
  const now = () => Date.now();

  const onChange = (sessionId: string, state: SessionState): void => {
    if (state.meta === null) return;
    if (state.meta.archived) index.remove(sessionId);
    else index.put(summaryOf(sessionId, state));
    if (atRest(state)) unresting.delete(sessionId);
    else unresting.add(sessionId);
  };

  const sessions = createSessions({
    store,
    machineVersion,
    executors: createExecutors(options, { registry, hooks, limits, now }),
    secrets: options.secrets,
    now,
    onChange,
    onFact: createHookNotices(hooks),
    onTrouble: (_, problem) => {
      if (problem.code !== "shutting_down") report(problem.message);
    },
  });

  const withActor = <T>(sessionId: string, use: (actor: SessionActor) => Promise<T>): Promise<T> =>
    sessions.with(sessionId, async ({ actor, problem }) => {
      if (stopping) throw stoppingProblem();
      if (actor === null) throw problem ?? new Problem("internal", `Session "${sessionId}" has no actor`);
      return await use(actor);
    });

  const ready = openAll();
  const sweeper = setInterval(() => void sessions.sweep(), sweepEveryMs);

  /** Opens every session whose log changed since the index was saved, or which had work going on. */
  async function openAll(): Promise<void> {
    const saved = await index.readSaved();
    const toOpen: string[] = [];
    for (const id of await store.list()) {
      if (making.has(id) || index.get(id) !== undefined) continue;
      const entry = saved.get(id);
      if (entry !== undefined && entry.resting && entry.stamp === await store.stamp(id)) {
        index.put(entry.summary);
      } else toOpen.push(id);
    }
    const openNext = async (): Promise<void> => {
      for (let id = toOpen.pop(); id !== undefined && !stopping; id = toOpen.pop()) await openOne(id);
    };
    await Promise.all(Array.from({ length: openAtOnce }, openNext));
  }

  async function openOne(id: string): Promise<void> {
    try {
      const archived = await sessions.with(id, ({ log, problem, state }) => {
        const { torn } = log.report;
        if (torn !== null) report(tornLine(id, torn));
        if (problem !== null && state().meta !== null) {
          index.put({ ...summaryOf(id, state()), status: "damaged" });
        }
        return Promise.resolve(state().meta?.archived === true);
      });
      // The daemon died between the fact and the move.
      if (archived) await moveToTrash(id);
    } catch (thrown) {
      report(`Cannot open session "${id}": ${messageOf(thrown)}`);
    }
  }

  /** What runs for it in the background goes with it: nobody would see it any more. */
  async function moveToTrash(id: string): Promise<void> {
    await sessions.with(id, async ({ actor }) => {
      const running = Object.keys(actor?.state().backgrounds ?? {});
      await Promise.all(running.map((task) => actor?.stopEffect(`background.run:${task}`, "cancelled")));
    });
    await sessions.release(id, () => store.trash(id));
    index.remove(id);
  }

  async function create(input: CreateSession): Promise<{ session_id: string }> {
    if (stopping) throw stoppingProblem();
    const sessionId = newId();
    const permissionMode = input.permission_mode ?? options.permissionMode ?? "default";
    await checkMode(options.rules, permissionMode, input.workspace ?? Deno.cwd());
    const parts = { providers, permissionMode, machineVersion, modes: options.modes ?? {} };
    const folderModel = input.model === undefined
      ? await options.folderModel?.(input.workspace ?? Deno.cwd())
      : undefined;
    // A folder may choose among the models of the user's provider, not where the conversation is sent.
    const named = folderModel === undefined ? input.model : `${providers.default.name}/${folderModel}`;
    const whole = named === undefined ? input : { ...input, model: named };
    const draft = redact(creation(sessionId, whole, parts), options.secrets);
    const at = new Date(now()).toISOString();
    const fact = { ...draft, seq: 1, at, v: factVersions[draft.type] };
    const step = stepSession(emptySession, fact);
    if (step.ignored) throw new Error(`A new session refuses its beginning: ${step.why}`);
    await checkModeRefused(step.state.meta, { registry, rules: options.rules });
    // Fact data is JSON by its schemas.
    const data = draft.data as unknown as JsonObject;
    const { actor, type } = draft;
    const record = { seq: 1, at, epoch: 1, actor, type, v: fact.v, data, post: step.post };
    making.add(sessionId);
    const made = store.create(sessionId, 1, [record])
      .then((log) => sessions.adopt(log, { state: step.state, epoch: 1, owned: true }));
    const { actor: session } = await made.finally(() => making.delete(sessionId));
    onChange(sessionId, step.state);
    // Servers whose tools are not known yet are asked for them now, so that they are there for the first message.
    void registry.of(draft.data.workspace);
    // Nobody waits for it: what it has to say is there for the first model call, or for the next one.
    if (session !== null) {
      const { signal } = new AbortController();
      runHooks({ session, hooks, signal }, "SessionStart", { fields: { source: "startup" } }).catch(() => {});
    }
    return { session_id: sessionId };
  }

  async function fork(from: string, at?: number, name?: string): Promise<{ session_id: string }> {
    if (stopping) throw stoppingProblem();
    const sessionId = newId();
    making.add(sessionId);
    await sessions.with(from, async ({ log, actor }) => {
      await actor?.settled();
      const point = at ?? log.durable;
      checkPoint(from, point, log.durable);
      const copy = await store.fork(log, point, sessionId);
      const folded = await foldState(copy, { machineVersion });
      if (folded.damage !== null) throw folded.damage;
      if (folded.diverged !== null) {
        throw new Problem(
          "log_damaged",
          `Cannot fork session "${from}": record ${folded.diverged.seq} diverged`,
        );
      }
      const forked = sessions.adopt(copy, { state: folded.state, epoch: folded.epoch + 1, owned: true });
      const data = { session_id: sessionId, from, at: point };
      await forked.actor?.tell({ actor: mainActor, type: "session.forked", data });
      if (name !== undefined) {
        await forked.actor?.tell({ actor: mainActor, type: "session.renamed", data: { name } });
      }
    }).finally(() => making.delete(sessionId));
    return { session_id: sessionId };
  }

  let closed: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    stopping = true;
    clearInterval(sweeper);
    // Sessions that are just being opened take up their work: they are stopped like all others, not left behind.
    await ready.catch(() => {});
    const actors = sessions.actors();
    for (const actor of actors) haltWork(actor);
    const deadline = now() + shutdownMs;
    while (now() < deadline && actors.some((actor) => actor.busy > 0)) await pause(10);
    await Promise.all(actors.map((actor) => sessions.release(actor.id)));
    await registry.close();
    await index.save((id) => !unresting.has(id)).catch((thrown) => report(messageOf(thrown)));
    await store.close();
  }

  return {
    ready,
    close: () => closed ??= stopAll(),
    create,
    fork,
    resolve: async (name) => {
      if (index.get(name) === undefined) await ready;
      return index.resolve(name);
    },
    list: async (page) => {
      await ready;
      return index.page(page);
    },
    count: () => index.size(),
    command: (session, command, by, client) => {
      const who = { by, ...(client === undefined ? {} : { client }) };
      const parts = { who, registry, hooks, providers, limits, rules: options.rules, agents: options.agents };
      return withActor(session, (actor) => carryOut(actor, command, parts));
    },
    turn: (session, messageId, signal) =>
      sessions.with(session, (loaded) => waitForTurn(loaded, messageId, { signal, machineVersion })),
    call: (session, callId, signal) =>
      sessions.with(session, (loaded) => waitForCall(loaded, callId, signal)),
    ...viewsPort({ with: sessions.with, machineVersion }),
    events: (session, after, limit) =>
      sessions.with(session, async ({ log }) => {
        const records = await log.read(after + 1, limit);
        return { events: await readFacts(records, log), head: log.durable };
      }),
    subscribe: (session, listener) =>
      withActor(session, (actor) => Promise.resolve(actor.subscribe(listener))),
    request: (session, requestId) =>
      sessions.with(session, ({ log }) => requestOf(log, requestId, providerOf)),
    verify: (session) =>
      sessions.with(session, async ({ log, actor }) => {
        await actor?.settled();
        return await verifyLog(log, { live: actor?.visible() ?? null, providerOf, machineVersion });
      }),
    archive: async (session) => {
      await withActor(session, async (actor) => {
        refuseWhileAtWork(session, actor.state());
        const told = await actor.tell({ actor: mainActor, type: "session.archived", data: {} });
        if (told.accepted) return;
        throw new Problem("conflict", `Cannot archive session "${session}": ${told.why}`, {
          hint: "Cancel its turn first",
        });
      });
      await moveToTrash(session);
    },
    restore: async (session) => {
      await store.restore(session);
      await withActor(
        session,
        (actor) => actor.tell({ actor: mainActor, type: "session.restored", data: {} }),
      );
    },
    ...folderPort(options, registry),
    ...permissionPort({ options, registry, withActor }),
    ...trustPort(options.outside),
  };
}

function stoppingProblem(): Problem {
  return new Problem("shutting_down", "Cannot take commands: the daemon is stopping", {
    hint: "Try again when it is up",
  });
}

function tornLine(id: string, torn: NonNullable<Loaded["log"]["report"]["torn"]>): string {
  return `Session "${id}": ${torn.bytes} bytes of an unfinished write were cut from the end of its log, kept in "${torn.savedAs}"`;
}
