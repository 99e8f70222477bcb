// The app: guard, routes, and one form of error for everything else. Works with `app.request()`; only the WebSocket route
// needs a real server.
import { Hono } from "hono";
import type { Host } from "../../actors/host.ts";
import type { JsonObject } from "../protocol/json.ts";
import { Problem } from "../protocol/problem.ts";
import { createAuthenticator } from "./auth.ts";
import { errorResponse, type Report, toProblem } from "./errors.ts";
import { guard } from "./guard.ts";
import { defaultLimits, type ServerLimits } from "./limits.ts";
import { openApiDocument } from "./openapi.ts";
import { createPlaces } from "./places.ts";
import type { Services } from "./route.ts";
import { routes } from "./routes/table.ts";
import { createStrangers } from "./strangers.ts";

export interface AppOptions {
  host: Host;
  token: string;
  version: string;
  startedAt: Date;
  /** Called once a client asked to stop the daemon. */
  onShutdown: () => void;
  /** Host headers that are answered; read at every request, since the port is known only after listening. */
  allowedHosts: () => readonly string[];
  /** Aborted when the daemon stops: sockets close with 1001, streams end, waits answer `shutting_down`. */
  stopping?: AbortSignal;
  /** Details of bugs; by default the daemon's stderr. */
  report?: Report;
  limits?: Partial<ServerLimits>;
}

/** Makes the app. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  const services = createServices(options);
  const authenticator = createAuthenticator({ token: options.token, limits: services.limits });
  const open = new Set(routes.filter((route) => route.open).map((route) => `${route.method} ${route.path}`));

  app.use(
    "*",
    guard({
      allowedHosts: options.allowedHosts,
      checkToken: ({ method, headers }, path) =>
        open.has(`${method === "HEAD" ? "GET" : method} ${path}`) ? null : authenticator.check(headers),
      stopping: services.stopping,
      onRefused: createStrangers(services.report),
    }),
  );
  for (const route of routes) {
    app.on(route.method, route.path, (context) => route.run(context, services));
  }
  for (const [path, methods] of methodsByPath()) {
    const allow = methods.join(", ");
    app.all(path, (context) =>
      errorResponse(
        new Problem("method_not_allowed", `Cannot ${context.req.method} "${path}": it takes ${allow}`),
        { Allow: allow },
      ));
  }
  app.notFound(() =>
    errorResponse(
      new Problem("not_found", "Cannot answer: there is no such route", {
        hint: "GET /openapi.json lists them all",
      }),
    )
  );
  app.onError((thrown) => errorResponse(toProblem(thrown, services.report)));
  return app;
}

function createServices(options: AppOptions): Services {
  const limits = { ...defaultLimits, ...options.limits };
  let document: JsonObject | null = null;
  return {
    host: options.host,
    version: options.version,
    startedAt: options.startedAt,
    limits,
    report: options.report ?? ((line) => console.error(line)),
    onShutdown: options.onShutdown,
    stopping: options.stopping ?? new AbortController().signal,
    followers: createPlaces(limits.followersMax, "Cannot follow the session"),
    waits: createPlaces(limits.waitsMax, "Cannot wait for the end"),
    openApi: () => document ??= openApiDocument(routes, options.version),
  };
}

function methodsByPath(): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) methods.set(path, [...methods.get(path) ?? [], method]);
  return methods;
}
