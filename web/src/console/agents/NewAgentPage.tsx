export default function NewAgentPage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>NewAgentPage</main>; }
