/** The left side of the playground: lists to search, and what creates, edits and deletes. */
import type { Page } from "playwright-core"
import { expect } from "vitest"
import * as Playground from "../../support/playground.js"
import { KEY } from "../../support/serving.js"

const { visit } = Playground

const list = (page: Page, name: string) => page.getByRole("region", { name, exact: true })

const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))

export const browser = (it: Playground.It) => {
  it("lists more agents at a click, finds those with all words, and moves between them by keys", () =>
    visit({}, async ({ client, open, page }) => {
      for (let number = 0; number <= 50; number++) await client.agents.create({ name: `Agent ${number}` })
      await open()
      const agents = list(page, "Agents")
      const rows = agents.getByRole("listitem")
      await rows.getByRole("button", { name: "Agent 50", exact: true }).waitFor()
      expect(await rows.count()).toBe(50)
      await agents.getByRole("button", { name: "More agents" }).click()
      await rows.getByRole("button", { name: "Agent 0", exact: true }).waitFor()
      expect(await rows.count()).toBe(51)

      await agents.getByRole("searchbox").fill("49 agent")
      await rows.getByRole("button", { name: "Agent 50", exact: true }).waitFor({ state: "detached" })
      expect(await rows.count()).toBe(1)
      await agents.getByRole("searchbox").fill("nobody")
      await agents.getByText("Nothing has these words.").waitFor()
      await agents.getByRole("searchbox").fill("Agent 4")
      await rows.getByRole("button", { name: "Agent 49", exact: true }).focus()
      await page.keyboard.press("ArrowDown")
      await page.keyboard.press("ArrowDown")
      await page.keyboard.press("ArrowUp")
      // One row of a list is a stop of the Tab key.
      await page.keyboard.press("Tab")
      expect(await focused(page)).toBe("Edit Agent 48")
      await page.keyboard.press("Shift+Tab")
      await page.keyboard.press("Enter")
      await agents.getByRole("button", { name: "Agent 48", exact: true, pressed: true }).waitFor()
      await page.keyboard.press("Shift+Tab")
      expect(await focused(page)).toBe("New agent")
    }))

  it("edits and deletes, asks before it deletes, and gives the focus back", () =>
    visit({}, async ({ accessible, client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada", instructions: ["Be brief."], metadata: { team: "tea" } })
      const user = await client.users.create({ name: "Kim" })
      const session = await client.sessions.create({ agent_id: agent.id, user_id: user.id, situation: "At the office" })
      await open({ agent: agent.id, user: user.id, session: session.id })
      await list(page, "Agents").getByRole("button", { name: "Edit Ada" }).click()
      const dialog = page.getByRole("dialog")
      expect(await dialog.getByRole("textbox", { name: "Instructions" }).inputValue()).toBe("Be brief.")
      await dialog.getByRole("textbox", { name: "Instructions" }).fill("Be brief.\nBe kind.")
      await dialog.getByText("Default settings and metadata").click()
      await dialog.getByRole("textbox", { name: "Metadata, as JSON" }).fill("{ team: tea }")
      await dialog.getByText("It must be a JSON object.").waitFor()
      expect(await dialog.getByRole("button", { name: "Save" }).isDisabled()).toBe(true)
      await accessible("a field that is not right")
      await dialog.getByRole("textbox", { name: "Metadata, as JSON" }).fill('{ "team": "coffee" }')
      await dialog.getByRole("button", { name: "Save" }).click()
      await dialog.waitFor({ state: "detached" })
      expect(await focused(page)).toBe("Edit Ada")
      const { instructions, metadata } = await client.agents.get(agent.id)
      expect({ instructions, metadata }).toEqual({
        instructions: ["Be brief.", "Be kind."],
        metadata: { team: "coffee" }
      })

      await list(page, "Users").getByRole("button", { name: "Delete Kim" }).click()
      await page.keyboard.press("Escape")
      expect(await focused(page)).toBe("Delete Kim")
      await list(page, "Users").getByRole("button", { name: "Delete Kim" }).click()
      await page.getByRole("dialog", { name: "Delete the user Kim?" }).getByRole("button", { name: "Delete" }).click()
      await page.getByText("Select a session, or start one.").waitFor()
      await list(page, "Sessions").getByText("Start a session with the button above.").waitFor()
      expect(await client.users.list()).toEqual([])
    }))

  it("follows the address: the history of the tab, and a key in the fragment of an open page", () =>
    visit({}, async ({ client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada" })
      await open()
      await list(page, "Agents").getByRole("button", { name: "Ada", exact: true }).click()
      await list(page, "Sessions").getByRole("button", { name: "New session" }).dblclick()
      await page.getByText("Nothing was said yet.").waitFor()
      expect(await focused(page)).toBe("Message")
      // A second click starts no second session.
      const [session, ...others] = await client.sessions.list()
      expect(others).toEqual([])
      expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({ agent: agent.id, session: session?.id })
      await page.goBack()
      await page.getByText("Select a session, or start one.").waitFor()

      await page.evaluate(() => {
        location.hash = "key=wrong-key-0123456789"
      })
      await page.getByRole("textbox", { name: "Key of this server" }).waitFor()
      expect(new URL(page.url()).hash).toBe("")
      await page.getByRole("textbox", { name: "Key of this server" }).fill(KEY)
      await page.getByRole("button", { name: "Connect" }).click()
      await page.getByRole("button", { name: "Forget key" }).click()
      await page.getByRole("textbox", { name: "Key of this server" }).waitFor()
      expect(await page.evaluate(() => JSON.stringify([sessionStorage, localStorage]))).not.toContain(KEY)
    }))

  it("starts a session with a situation whose templates are rendered", () =>
    visit({}, async ({ client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada" })
      const user = await client.users.create({ name: "Sam" })
      await open({ agent: agent.id, user: user.id })
      await list(page, "Sessions").getByRole("button", { name: "Session with a situation" }).click()
      const dialog = page.getByRole("dialog", { name: "New session" })
      await dialog.getByRole("textbox", { name: "Situation" }).fill("{{ user.name }} asks about an order.")
      await dialog.getByRole("checkbox", { name: "Render templates" }).check()
      await dialog.getByRole("textbox", { name: "Metadata" }).fill('{ "order": 7 }')
      await dialog.getByRole("button", { name: "Create" }).click()
      await page.getByText("Nothing was said yet.").waitFor()
      const [session] = await client.sessions.list()
      expect(session).toMatchObject({
        agent_id: agent.id,
        user_id: user.id,
        situation: "{{ user.name }} asks about an order.",
        render_templates: true,
        metadata: { order: 7 }
      })
    }))

  it("works below a path of a proxy", () =>
    visit({}, async ({ client, origin, page }) => {
      const agent = await client.agents.create({ name: "Ada" })
      const below = `${origin}/tools/julep`
      // The proxy: it takes its path away.
      await page.route(`${below}/**`, async (route) =>
        route.fulfill({ response: await route.fetch({ url: route.request().url().replace("/tools/julep", "") }) })
      )
      const beside: Array<string> = []
      page.on("request", (request) => {
        if (!request.url().startsWith(below)) beside.push(request.url())
      })
      await page.goto(`${below}/playground/?agent=${agent.id}#key=${KEY}`)
      await list(page, "Agents").getByRole("button", { name: "Ada", exact: true }).waitFor()
      await list(page, "Sessions").getByRole("button", { name: "New session" }).click()
      await page.getByText("Nothing was said yet.").waitFor()
      expect(page.url()).toMatch(`${below}/playground/?agent=`)
      expect(await page.getByRole("link", { name: "API" }).evaluate((link: HTMLAnchorElement) => link.href)).toBe(
        `${below}/docs`
      )
      expect(beside).toEqual([])
    }))
}
