// The address after # says what is shown: #/alarms, #/point/ups1/battery.charge.
class Route {
  view = $state('')
  rest = $state('')

  constructor() {
    this.read()
    window.addEventListener('hashchange', () => {
      this.read()
      window.scrollTo(0, 0)
    })
  }

  private read() {
    const path = decodeURIComponent(location.hash.replace(/^#\/?/, ''))
    const cut = path.indexOf('/')
    this.view = cut < 0 ? path : path.slice(0, cut)
    this.rest = cut < 0 ? '' : path.slice(cut + 1)
  }
}

export const route = new Route()
