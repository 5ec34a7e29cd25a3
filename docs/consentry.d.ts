// Types of window.consentry (docs/widget.md).

export interface ConsentryAnswer {
  /** Whether the visitor has said anything. */
  answered: boolean;
  /** Names of the categories that may run, said or not. */
  granted: string[];
  /** Names of the categories that may not. */
  refused: string[];
  /** Services, by slug, that differ from their category. */
  services: Record<string, boolean>;
  /** What a dispute is searched by; null before an answer. */
  consentId: string | null;
  /** What silence means for this visitor. */
  regime: "opt-in" | "opt-out" | "none";
  /** Whether the browser sends Sec-GPC and this region's law hears it. */
  gpc: boolean;
  /** Whether there is something to ask. */
  ask: boolean;
}

export interface ConsentryChoice {
  /** By name; what is not named keeps its answer. */
  categories?: Record<string, boolean>;
  /** By slug; only those that differ from their category need be named. */
  services?: Record<string, boolean>;
}

export interface Consentry {
  get(): Promise<ConsentryAnswer>;
  /** Opens the choices; resolves when they are shown. */
  open(): Promise<void>;
  /** Gives back a function that ends it. */
  on(event: "change", listener: (answer: ConsentryAnswer) => void): () => void;
  onChange(listener: (answer: ConsentryAnswer) => void): () => void;
  /** Answers for a visitor who pressed something of the page's own; rejects when the gateway could not store it. */
  set(choice: boolean | ConsentryChoice): Promise<ConsentryAnswer>;
}

declare global {
  interface Window {
    /** There once the door has run: see the event consentry:ready. */
    consentry: Consentry;
  }
  interface DocumentEventMap {
    "consentry:ready": CustomEvent<undefined>;
    "consentry:change": CustomEvent<ConsentryAnswer>;
    "consentry:open": CustomEvent<{ layer: "first" | "second" }>;
    "consentry:close": CustomEvent<undefined>;
  }
}
