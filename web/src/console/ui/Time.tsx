// A moment, as long ago as it is; the exact time is in its title.
import { useFormat } from './format';

export function Time({ at }: { readonly at: string }) {
  const format = useFormat();
  return (
    <time dateTime={at} title={format.dateTime(at)}>
      {format.ago(at)}
    </time>
  );
}
