// Every page of the app by its address. A page's code is loaded when it is opened, or when its link is pointed at; that of the frame and the
// explorer is there from the start.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { peopleQuery } from "../api/learning";
import { lrssQuery } from "../api/lrs";
import { queryClient, whenSignedOut } from "../api/queries";
import { forgetSession, sessionQuery } from "../api/session";
import { statementsQuery } from "../api/statements";
import { forgetAsked } from "../first/asked";
import { filtersOf, readExplorerSearch } from "../lib/filters";
import { isOwnPath } from "../lib/paths";
import { Explorer } from "../pages/explorer/Explorer";
import { AppLayout } from "./AppLayout";
import { NotFound, PageError, PagePending } from "./boundaries";
import { Root } from "./Root";

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

type Search = Record<string, unknown>;

function textIn(search: Search, name: string): string | undefined {
  const value = search[name];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Search): { return_to?: string; error?: string } => {
    const wanted = textIn(search, "return_to");
    const error = textIn(search, "error");
    return { ...(isOwnPath(wanted) && { return_to: wanted }), ...(error !== undefined && { error }) };
  },
  component: lazyRouteComponent(() => import("../pages/entry/SignIn"), "SignIn"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("../pages/entry/Setup"), "Setup"),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: lazyRouteComponent(() => import("../pages/entry/AcceptInvitation"), "AcceptInvitation"),
});

const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  component: lazyRouteComponent(() => import("../pages/entry/ResetPassword"), "ResetPassword"),
});

const docs = createRoute({
  getParentRoute: () => root,
  path: "/docs",
  component: lazyRouteComponent(() => import("../pages/reference/Reference"), "Reference"),
});

/** Everything behind the sign-in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (session === null) throw redirect({ to: "/sign-in", search: { return_to: location.href } });
    // The frame shows them. What goes wrong here it asks for again, and says.
    await queryClient.ensureQueryData(lrssQuery).catch(() => {});
  },
  component: AppLayout,
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/Home"), "Home"),
});

const lrs = createRoute({ getParentRoute: () => signedIn, path: "/lrs/$lrs" });

/** A page waits so long for what it shows; then it says that it waits. */
const PATIENCE_MS = 250;

function soon(work: Promise<void>): Promise<void> {
  return Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS))]);
}

const statements = createRoute({
  getParentRoute: () => lrs,
  path: "/statements",
  validateSearch: readExplorerSearch,
  // A page that is drawn once, with its statements, is there sooner than one that is drawn without them first.
  loader: ({ params, location }) =>
    soon(queryClient.prefetchInfiniteQuery(statementsQuery(params.lrs, filtersOf(readExplorerSearch(location.search))))),
  shouldReload: false,
  component: Explorer,
});

const welcome = createRoute({
  getParentRoute: () => lrs,
  path: "/welcome",
  component: lazyRouteComponent(() => import("../pages/welcome/Welcome"), "Welcome"),
});

const people = createRoute({
  getParentRoute: () => lrs,
  path: "/people",
  validateSearch: (search: Search): { text?: string } => optional("text", textIn(search, "text")),
  loader: ({ params, location }) => soon(queryClient.prefetchInfiniteQuery(peopleQuery(params.lrs, textIn(location.search, "text") ?? ""))),
  shouldReload: false,
  component: lazyRouteComponent(() => import("../pages/people/People"), "People"),
});

const person = createRoute({
  getParentRoute: () => lrs,
  path: "/people/$person",
  component: lazyRouteComponent(() => import("../pages/people/Person"), "Person"),
});

const activities = createRoute({
  getParentRoute: () => lrs,
  path: "/activities",
  validateSearch: (search: Search): { text?: string } => optional("text", textIn(search, "text")),
  component: lazyRouteComponent(() => import("../pages/activities/Activities"), "Activities"),
});

const activity = createRoute({
  getParentRoute: () => lrs,
  path: "/activity",
  validateSearch: (search: Search): { id: string } => ({ id: textIn(search, "id") ?? "" }),
  component: lazyRouteComponent(() => import("../pages/activities/Activity"), "Activity"),
});

const keys = createRoute({
  getParentRoute: () => lrs,
  path: "/keys",
  component: lazyRouteComponent(() => import("../pages/keys/Keys"), "Keys"),
});

const refusals = createRoute({
  getParentRoute: () => lrs,
  path: "/refusals",
  validateSearch: (search: Search): { key?: string } => optional("key", textIn(search, "key")),
  component: lazyRouteComponent(() => import("../pages/refusals/Refusals"), "Refusals"),
});

const refusal = createRoute({
  getParentRoute: () => lrs,
  path: "/refusals/$refusal",
  component: lazyRouteComponent(() => import("../pages/refusals/Refusal"), "Refusal"),
});

const operations = createRoute({
  getParentRoute: () => lrs,
  path: "/operations",
  component: lazyRouteComponent(() => import("../pages/operations/Operations"), "Operations"),
});

const groups = createRoute({
  getParentRoute: () => lrs,
  path: "/groups",
  component: lazyRouteComponent(() => import("../pages/groups/Groups"), "Groups"),
});

const accounts = createRoute({
  getParentRoute: () => signedIn,
  path: "/accounts",
  component: lazyRouteComponent(() => import("../pages/accounts/Accounts"), "Accounts"),
});

const lrss = createRoute({
  getParentRoute: () => signedIn,
  path: "/lrss",
  component: lazyRouteComponent(() => import("../pages/lrss/Lrss"), "Lrss"),
});

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: "/audit",
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import("../pages/audit/Audit"), "Audit"),
});

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings",
  component: lazyRouteComponent(() => import("../pages/settings/Settings"), "Settings"),
});

function optional<Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } {
  const search: { [N in Name]?: string } = {};
  if (value !== undefined) search[name] = value;
  return search;
}

function readAuditSearch(search: Search): { text?: string; action?: string; lrs?: string; since?: string; until?: string } {
  const names = ["text", "action", "lrs", "since", "until"] as const;
  return Object.assign({}, ...names.map((name) => optional(name, textIn(search, name)))) as Record<string, string>;
}

const routeTree = root.addChildren([
  signIn,
  setup,
  invitation,
  reset,
  docs,
  signedIn.addChildren([
    home,
    lrs.addChildren([
      statements,
      welcome,
      people,
      person,
      activities,
      activity,
      keys,
      refusals,
      refusal,
      operations,
      groups,
    ]),
    lrss,
    accounts,
    audit,
    settings,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultErrorComponent: PageError,
  defaultPendingComponent: PagePending,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

// By now the first page has taken what was asked for it.
router.subscribe("onResolved", forgetAsked);

whenSignedOut(() => {
  forgetSession();
  void router.invalidate();
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
