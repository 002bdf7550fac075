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
    throw unreachable()
  }
  if (answer.status === 204) return undefined as T
  const data = await answer.json().catch(() => null)
  if (answer.ok) return data as T
  throw refusal(answer.status, data)
}

const unreachable = () => new Refusal(0, 'network', { zh: '无法连接到值守', en: 'Watchbox cannot be reached' })

function refusal(status: number, data: any): Refusal {
  const e = data?.error ?? { code: 'unknown', zh: '错误 ' + status, en: 'Error ' + status }
  if (e.code === 'unauthenticated') onLoggedOut()
  return new Refusal(status, e.code, e, e.reasons)
}

/** Sends a file as it is and tells how much of it is on its way, 0 to 1. */
export function send<T>(path: string, file: Blob, progress: (n: number) => void, headers: Record<string, string> = {}): Promise<T> {
  return new Promise((done, failed) => {
    const r = new XMLHttpRequest()
    r.open('POST', '/api/v1/' + path)
    r.setRequestHeader('X-Watchbox', 'page')
    r.setRequestHeader('Content-Type', 'application/octet-stream')
    for (const [name, value] of Object.entries(headers)) r.setRequestHeader(name, value)
    r.responseType = 'json'
    r.upload.onprogress = (e) => progress(e.loaded / (e.total || 1))
    r.onload = () => (r.status === 200 || r.status === 204 ? done(r.response as T) : failed(refusal(r.status, r.response)))
    r.onerror = () => failed(unreachable())
    r.send(file)
  })
}

/** Asks for a file, with an order when there is a body, and hands it to the person. */
export async function save(path: string, name: string, body?: unknown): Promise<void> {
  const order = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const headers = { 'X-Watchbox': 'page', 'Content-Type': 'application/json' }
  const answer = await fetch('/api/v1/' + path, { ...order, headers, cache: 'no-store' }).catch(() => null)
  if (!answer) throw unreachable()
  if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => null))
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await answer.blob())
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

export const get = <T>(path: string) => ask<T>('GET', path)
export const post = <T = void>(path: string, body?: unknown) => ask<T>('POST', path, body)

/** A name with slashes as one part of a path. */
export const part = encodeURIComponent
