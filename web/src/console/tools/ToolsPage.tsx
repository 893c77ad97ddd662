export default function ToolsPage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>ToolsPage</main>; }
