export default function RunsPage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>RunsPage</main>; }
