export default function UsagePage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>UsagePage</main>; }
