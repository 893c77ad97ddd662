export default function ApprovalsPage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>ApprovalsPage</main>; }
