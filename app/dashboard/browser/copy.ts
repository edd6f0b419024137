import { writeClipboard } from './clipboard.ts';

const SAID_MS = 3000;

/** Buttons that copy what a field holds (`data-copy` is its id). Without this they stay hidden, and people copy. */
export function offerToCopy(page: Document): void {
  for (const button of page.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
    const words = button.textContent;
    const field = page.querySelector<HTMLInputElement>(`#${button.dataset['copy'] ?? ''}`);
    const copy = async (): Promise<void> => {
      const isWritten = await writeClipboard(page, field?.value ?? '');
      button.textContent = isWritten ? 'Copied' : 'Press Ctrl+C';
      if (!isWritten) field?.select();
      setTimeout(() => (button.textContent = words), SAID_MS);
    };
    button.hidden = false;
    button.addEventListener('click', () => void copy());
  }
}

offerToCopy(document);
