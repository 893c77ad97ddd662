export default function AuditPage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>AuditPage</main>; }
