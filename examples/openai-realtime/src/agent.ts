import { defineAgent, type RealtimeModel } from "@offhook/agent";

/** Books appointments; `book` is what the model calls to do it. */
export function bookingAgent(model: RealtimeModel, book: (hour: number) => boolean) {
  return defineAgent({
    name: "booking",
    onAnswer({ session }) {
      session.converseRealtime({
        model,
        tools: {
          book_appointment: {
            description: "Books an appointment tomorrow. Tells whether the hour was free.",
            parameters: {
              type: "object",
              properties: { hour: { type: "integer", minimum: 8, maximum: 17 } },
              required: ["hour"],
            },
            run: (args) => ({ booked: book(hourOf(args)) }),
          },
        },
      });
    },
  });
}

/** What a model sends is input from outside. */
function hourOf(args: unknown): number {
  if (typeof args === "object" && args !== null && "hour" in args && Number.isInteger(args.hour))
    return Number(args.hour);
  throw new Error("The model sent no whole hour.");
}
