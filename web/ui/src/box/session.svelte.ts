// Who is logged in, and whether the box needs its first set-up.
import { tongue, type Words } from '../words/words.svelte'
import { ask, get, Refusal, post, whenLoggedOut } from './api'
import { live } from './live.svelte'
import { note } from './notes.svelte'
import type { Me, Role } from './types'

const ranks: Role[] = ['viewer', 'operator', 'engineer', 'administrator']

class Session {
  /** unknown: not asked yet; away: the box does not answer, or opens its store yet */
  state = $state<'unknown' | 'away' | 'setup' | 'out' | 'in'>('unknown')
  me = $state<Me | null>(null)
  /** why it is away, in the box's own words */
  why = $state<Words>()

  may(role: Role): boolean {
    return this.me !== null && ranks.indexOf(this.me.role) >= ranks.indexOf(role)
  }

  async begin() {
    try {
      const setup = await get<{ needed: boolean; language: string }>('setup')
      tongue.suggest(setup.language)
      if (setup.needed) {
        this.state = 'setup'
        return
      }
      this.enter(await get<Me>('session'))
    } catch (e) {
      this.state = e instanceof Refusal && e.status === 401 ? 'out' : 'away'
      this.why = e instanceof Refusal ? e.words : undefined
      if (this.state === 'away') setTimeout(() => this.begin(), 3000)
    }
  }

  enter(me: Me) {
    this.me = me
    this.state = 'in'
    live.start()
  }

  async logIn(name: string, password: string) {
    this.enter(await post<Me>('session', { name, password }))
  }

  async setUp(code: string, name: string, password: string) {
    this.enter(await post<Me>('setup', { code, name, password }))
  }

  async logOut() {
    await ask('DELETE', 'session').catch(() => {})
    this.leave()
  }

  leave() {
    live.stop()
    this.me = null
    this.state = 'out'
  }
}

export const session = new Session()

whenLoggedOut(() => {
  if (session.state === 'in') {
    session.leave()
    note.tell('login.expired')
  }
})
