export default function SettingsPage(_: { slug?: string | null; tab?: string; id?: string }) { return <main>SettingsPage</main>; }
