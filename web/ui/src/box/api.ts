// One function to ask the box. A refusal is thrown as Refusal with the box's own words.
import type { Words } from '../words/words.svelte'

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly words: Words,
    readonly reasons: Words[] = [],
  ) {
    super(words.en)
  }
}

let onLoggedOut = () => {}

/** What happens when the box no longer knows the session. */
export function whenLoggedOut(f: () => void) {
  onLoggedOut = f
}

export async function ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { 'X-Watchbox': 'page' }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  let answer: Response
  try {
    answer = await fetch('/api/v1/' + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store' })
  } catch {
    throw new Refusal(0, 'network', { zh: '无法连接到值守', en: 'Watchbox cannot be reached' })
  }
  if (answer.status === 204) return undefined as T
  const data = await answer.json().catch(() => null)
  if (answer.ok) return data as T
  const e = data?.error ?? { code: 'unknown', zh: '错误 ' + answer.status, en: 'Error ' + answer.status }
  if (e.code === 'unauthenticated') onLoggedOut()
  throw new Refusal(answer.status, e.code, e, e.reasons)
}

export const get = <T>(path: string) => ask<T>('GET', path)
export const post = <T = void>(path: string, body?: unknown) => ask<T>('POST', path, body)

/** A name with slashes as one part of a path. */
export const part = encodeURIComponent
