// The number of alarms in the browser's tab: title and icon.
const colours: Record<number, string> = { 1: '#ff4a4e', 2: '#ff9440', 3: '#f6cb3c', 4: '#6cb6ff' }
let last = ''

/** A count of 0 brings the shield back; lost draws a grey icon. */
export function showInTab(product: string, words: string, count: number, worst: number, lost: boolean) {
  document.title = count ? `(${count}) ${words} · ${product}` : product
  const link = document.getElementById('favicon') as HTMLLinkElement | null
  const key = `${count} ${worst} ${lost}`
  if (!link || key === last) return
  last = key
  if (!count && !lost) {
    link.href = '/favicon.svg'
    return
  }
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 64
  const c = canvas.getContext('2d')
  if (!c) return
  c.fillStyle = lost ? '#8a97a3' : colours[worst] ?? colours[4]
  c.beginPath()
  c.arc(32, 32, 31, 0, 7)
  c.fill()
  c.fillStyle = '#0a1016'
  c.font = 'bold 40px sans-serif'
  c.textAlign = 'center'
  c.textBaseline = 'middle'
  c.fillText(lost ? '?' : count > 99 ? '99' : String(count), 32, 35)
  link.href = canvas.toDataURL('image/png')
}
