export default function AgentPage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>AgentPage</main>; }
