import type { Page } from 'playwright/test'

/**
 * What a person cannot reach or read on the screen of the moment, inside `within`: controls that are cut off or lie
 * under something even after scrolling to them, texts that are cut without a title to tell the rest, and a page that
 * scrolls sideways. One line each.
 */
export async function outOfReach(page: Page, within: string): Promise<string[]> {
  return await page.evaluate((selector) => {
    const problems: string[] = []
    const nameOf = (element: Element) =>
      `${element.tagName.toLowerCase()}.${element.className} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').slice(0, 60)}”`
    const isShown = (element: Element) =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      element.closest('.visually-hidden, [aria-hidden="true"], [inert]') === null
    const { clientWidth, scrollWidth } = document.documentElement
    if (scrollWidth > clientWidth) problems.push(`the page is ${scrollWidth} px wide in a window of ${clientWidth}`)

    for (const root of document.querySelectorAll(selector)) {
      for (const control of root.querySelectorAll('button, input, select, textarea, summary, [role^="menuitem"]')) {
        if (!isShown(control)) continue
        control.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' })
        const { left, right, top, bottom } = control.getBoundingClientRect()
        // Half a pixel is rounding; what is taller than the window is reached by scrolling.
        const isCut = left < -0.5 || right > innerWidth + 0.5 || (bottom - top <= innerHeight && top < -0.5)
        const hit = document.elementFromPoint((left + right) / 2, Math.min((top + bottom) / 2, innerHeight - 1))
        const isOnTop = hit !== null && (control.contains(hit) || hit.closest('label')?.contains(control))
        if (isCut) problems.push(`${nameOf(control)} is cut off: ${left} to ${right}`)
        else if (!isOnTop) problems.push(`${nameOf(control)} lies under ${hit === null ? 'nothing' : nameOf(hit)}`)
      }
      for (const box of root.querySelectorAll('*')) {
        if (!isShown(box) || !box.textContent?.trim() || box.closest('[title], canvas, select') !== null) continue
        const { overflowX, overflowY } = getComputedStyle(box)
        const isTooWide = /hidden|clip/.test(overflowX) && box.scrollWidth > box.clientWidth + 1
        const isTooHigh = /hidden|clip/.test(overflowY) && box.scrollHeight > box.clientHeight + 1
        if (isTooWide || isTooHigh) problems.push(`${nameOf(box)} is cut, and nothing tells the rest`)
      }
    }
    return problems
  }, within)
}

/** What would move although the system asks for less motion: by their computed styles, so that no moment is missed. */
export async function inMotion(page: Page): Promise<string[]> {
  return await page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((element) => {
        const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element)
        return animationName !== 'none' || /[1-9]/.test(transitionDuration) || scrollBehavior === 'smooth'
      })
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`),
  )
}
