/** Which shell `npm start` opens, and why. Pure: everything about the machine comes in through `Probes`. */

/** Null: done. Otherwise half a sentence that says why not. */
export type Attempt = Promise<string | null>

export interface Probes {
  /** False on Linux without X11 or Wayland. */
  hasDisplay(): boolean
  electronIsInstalled(): boolean
  /** Downloads Electron's binary, showing its progress. */
  fetchElectron(): Attempt
  /** Path of an installed Chromium, Chrome or Edge. */
  findBrowser(): string | null
  /** Root on a system with apt-get. */
  canInstallChromium(): boolean
  installChromium(): Attempt
}

export type Choice =
  | { readonly shell: 'electron'; readonly why: string }
  | { readonly shell: 'chromium'; readonly why: string; readonly executablePath: string }
  | { readonly shell: 'terminal-demo'; readonly why: string }
  | { readonly shell: 'none'; readonly why: string }

export async function chooseShell(probes: Probes): Promise<Choice> {
  if (!probes.hasDisplay()) return { shell: 'terminal-demo', why: 'this machine has no display' }
  if (probes.electronIsInstalled()) return { shell: 'electron', why: 'its binary is installed' }
  const electronFailure = await probes.fetchElectron()
  if (electronFailure === null) return { shell: 'electron', why: 'its binary has just been fetched' }
  return await chooseBrowser(probes, electronFailure)
}

/** What is left where Electron cannot be had; `electronFailure` says why not. */
export async function chooseBrowser(probes: Probes, electronFailure: string): Promise<Choice> {
  const installed = probes.findBrowser()
  if (installed !== null) return { shell: 'chromium', executablePath: installed, why: electronFailure }
  const advice = 'install Chromium, Chrome or Edge and run npm start again'
  if (!probes.canInstallChromium()) {
    return { shell: 'none', why: `${electronFailure}, and there is no Chromium, Chrome or Edge here: ${advice}.` }
  }
  const installFailure = await probes.installChromium()
  const executablePath = installFailure === null ? probes.findBrowser() : null
  if (executablePath !== null) return { shell: 'chromium', executablePath, why: electronFailure }
  const reason = installFailure ?? 'it is still missing after its installation'
  return { shell: 'none', why: `${electronFailure}, and Chromium could not be installed (${reason}): ${advice}.` }
}
