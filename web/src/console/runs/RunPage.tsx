export default function RunPage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>RunPage</main>; }
