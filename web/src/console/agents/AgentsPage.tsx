export default function AgentsPage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>AgentsPage</main>; }
