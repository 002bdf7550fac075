// Short notes at the edge of the page: what was done, what was refused and why.
import { say, t, type Key, type Words } from '../words/words.svelte'
import { Refusal } from './api'

export interface Note {
  number: number
  kind: 'done' | 'refused'
  text: () => string
  reasons: Words[]
}

class Notes {
  all = $state<Note[]>([])
  private number = 0

  private put(kind: Note['kind'], text: () => string, reasons: Words[] = []) {
    const n = { number: ++this.number, kind, text, reasons }
    this.all = [...this.all.slice(-2), n]
    setTimeout(() => this.close(n.number), kind === 'done' ? 3500 : 9000 + reasons.length * 2000)
  }

  close(number: number) {
    this.all = this.all.filter((n) => n.number !== number)
  }

  tell(key: Key, fill: Record<string, string> = {}) {
    this.put('done', () => t(key, fill))
  }

  refuse(e: unknown) {
    if (e instanceof Refusal) this.put('refused', () => say(e.words), e.reasons)
    else this.put('refused', () => t('error.network'))
  }
}

export const note = new Notes()

/** Does something and tells how it went; true when it was done. */
export async function attempt(f: () => Promise<unknown>, done?: Key): Promise<boolean> {
  try {
    await f()
    if (done) note.tell(done)
    return true
  } catch (e) {
    note.refuse(e)
    return false
  }
}
