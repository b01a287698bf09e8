export default { name: "no-agent", onAnswer: () => undefined };
