// A long list in pieces, of which only those near the screen are in the page; the others keep their height.
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';

/** The number of items of a piece. */
const SIZE = 50;
/** Pieces that are closer to the screen than this are in the page. */
const NEAR = '1500px 0px';

interface Props<Item> {
  readonly items: readonly Item[];
  readonly list: 'ol' | 'ul';
  /** The height of an item that has not been on the screen yet, in pixels. */
  readonly estimate: number;
  /** Which end the list is opened at. */
  readonly opensAt: 'start' | 'end';
  readonly children: (item: Item, index: number) => ReactNode;
}

/** The element that scrolls has the attribute `data-scroller`. */
export function Chunked<Item>({ items, list, estimate, opensAt, children }: Props<Item>) {
  const starts = useMemo(() => Array.from({ length: Math.ceil(items.length / SIZE) }, (_, index) => index * SIZE), [items.length]);
  const first = opensAt === 'start' ? 0 : starts.at(-1);
  return starts.map((start) => {
    const piece = items.slice(start, start + SIZE);
    return (
      <Chunk key={start} list={list} height={piece.length * estimate} isOpen={start === first}>
        {() => piece.map((item, index) => children(item, start + index))}
      </Chunk>
    );
  });
}

interface ChunkProps {
  readonly list: 'ol' | 'ul';
  readonly height: number;
  readonly isOpen: boolean;
  readonly children: () => ReactNode;
}

function Chunk({ list: List, height, isOpen, children }: ChunkProps) {
  const element = useRef<HTMLElement | null>(null);
  const [isNear, setIsNear] = useState(isOpen);
  const [measured, setMeasured] = useState<number | null>(null);
  useEffect(() => {
    const { current } = element;
    if (!current) return;
    const look = ([entry]: IntersectionObserverEntry[]) => {
      if (!entry) return;
      if (!entry.isIntersecting && current.childElementCount > 0) setMeasured(current.offsetHeight);
      setIsNear(entry.isIntersecting);
    };
    const observer = new IntersectionObserver(look, { root: current.closest('[data-scroller]'), rootMargin: NEAR });
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  const take = (found: HTMLElement | null) => {
    element.current = found;
  };
  if (isNear) return <List ref={take}>{children()}</List>;
  return <List ref={take} aria-hidden style={{ height: measured ?? height }} />;
}
