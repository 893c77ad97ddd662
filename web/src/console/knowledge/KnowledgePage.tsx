export default function KnowledgePage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>KnowledgePage</main>; }
