/**
 * What the SDK's commands are made to do beside what they do by themselves. Each is a middleware of
 * one command; the SDK's type of one is a union of those of all steps, which no single function is.
 */
import { text } from "../../../base/bytes.ts";
import type { Headers } from "./options.ts";
import { receiving, type SdkRequest, type SdkResponse } from "./wire.ts";

interface Command<O> {
  readonly middlewareStack: { add(middleware: never, options: O): void };
}
interface Sent {
  readonly request: SdkRequest;
}

/** The command, sent with these headers too. */
export function withHeaders<C extends Command<{ step: "build" }>>(command: C, headers: Headers): C {
  const middleware = (next: (sent: Sent) => unknown) => (sent: Sent) => {
    Object.assign(sent.request.headers, headers);
    return next(sent);
  };
  command.middlewareStack.add(middleware as never, { step: "build" });
  return command;
}

/** The command, sent with `body`, whatever the SDK would have written. */
export function withBody<C extends Command<{ step: "build"; priority: "high" }>>(
  command: C,
  body: string,
): C {
  const middleware = (next: (sent: Sent) => unknown) => (sent: Sent) => {
    Object.assign(sent.request, { body });
    return next(sent);
  };
  // Before its length is told.
  command.middlewareStack.add(middleware as never, { step: "build", priority: "high" });
  return command;
}

interface Answering {
  readonly middlewareStack: {
    addRelativeTo(middleware: never, options: { relation: "before"; toMiddleware: string }): void;
  };
}

/** The command; the text of its answer is shown to `look` before the SDK makes of it what it does. */
export function withAnswer<C extends Answering>(command: C, look: (answer: string) => void): C {
  const middleware =
    (next: (sent: unknown) => Promise<{ response: SdkResponse }>) => async (sent: unknown) => {
      const result = await next(sent);
      if (result.response.body instanceof Uint8Array) look(text(result.response.body));
      return result;
    };
  command.middlewareStack.addRelativeTo(middleware as never, {
    relation: "before",
    toMiddleware: receiving,
  });
  return command;
}
