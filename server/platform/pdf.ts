import PDFDocument from 'pdfkit'

/*
 * A plain page layout over pdfkit: headings, paragraphs, lists, tables. Only the fonts every reader has, no images. The same calls
 * give the same bytes: nothing depends on the time or the machine.
 */

const MARGIN = 56
const FOOTER = 40
const fonts = { text: 'Helvetica', bold: 'Helvetica-Bold', code: 'Courier' } as const
const size = { title: 20, heading: 13, text: 10, small: 8 } as const

export type Column = { title: string; width: number; code?: boolean }

/** A document being laid out. Widths of a table's columns are shares of the page's. */
export type Page = {
  title(text: string): void
  heading(text: string): void
  paragraph(text: string): void
  /** Names and what they stand for. */
  pairs(rows: readonly (readonly [string, string])[]): void
  list(items: readonly string[]): void
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void
}

export type DocumentInfo = { title: string; language: string; date: Date; footer(page: number, pages: number): string }

/** Lays a document out and gives its bytes. */
export async function layOut(info: DocumentInfo, write: (page: Page) => void): Promise<Buffer> {
  const doc = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    compress: false,
    lang: info.language,
    displayTitle: true,
    info: { Title: info.title, Creator: 'Verbale', Producer: 'Verbale', CreationDate: info.date, ModDate: info.date },
  })
  const pieces: Buffer[] = []
  doc.on('data', (piece: Buffer) => pieces.push(piece))
  const ended = new Promise<void>((done) => void doc.on('end', () => done()))
  write(pageOf(doc))
  addFooters(doc, info)
  doc.end()
  await ended
  return Buffer.concat(pieces)
}

type Doc = InstanceType<typeof PDFDocument>

function pageOf(doc: Doc): Page {
  const paragraph = (text: string): void => {
    doc.font(fonts.text).fontSize(size.text).text(text, MARGIN, doc.y, { lineGap: 2 })
    doc.moveDown(0.5)
  }
  return {
    paragraph,
    title(text) {
      doc.font(fonts.bold).fontSize(size.title).text(text, MARGIN, doc.y)
      doc.moveDown(0.6)
    },
    heading(text) {
      if (bottomOf(doc) - doc.y < 90) doc.addPage()
      doc.moveDown(0.6).font(fonts.bold).fontSize(size.heading).text(text, MARGIN, doc.y)
      doc.moveDown(0.3)
    },
    pairs(rows) {
      for (const row of rows)
        tableRow(
          doc,
          [
            { title: '', width: 0.3 },
            { title: '', width: 0.7 },
          ],
          row,
        )
      doc.moveDown(0.5)
    },
    list(items) {
      for (const [i, item] of items.entries()) paragraph(`${i + 1}. ${item}`)
    },
    table(columns, rows) {
      tableRow(
        doc,
        columns,
        columns.map((c) => c.title),
        fonts.bold,
      )
      for (const row of rows) tableRow(doc, columns, row)
      doc.moveDown(0.5)
    },
  }
}

const bottomOf = (doc: Doc): number => doc.page.height - MARGIN - FOOTER

function tableRow(doc: Doc, columns: readonly Column[], cells: readonly string[], font: string = fonts.text): void {
  const whole = doc.page.width - 2 * MARGIN
  const style = (column: Column): void =>
    void doc.font(column.code ? fonts.code : font).fontSize(column.code ? size.small : size.text)
  const heights = columns.map((column, i) => {
    style(column)
    return doc.heightOfString(cells[i] ?? '', { width: column.width * whole - 6 })
  })
  const height = Math.max(...heights) + 4
  if (doc.y + height > bottomOf(doc)) doc.addPage()
  const top = doc.y
  let left = MARGIN
  for (const [i, column] of columns.entries()) {
    style(column)
    doc.text(cells[i] ?? '', left, top, { width: column.width * whole - 6 })
    left += column.width * whole
  }
  doc.x = MARGIN
  doc.y = top + height
}

function addFooters(doc: Doc, info: DocumentInfo): void {
  const { count } = doc.bufferedPageRange()
  for (let i = 0; i < count; i++) {
    doc.switchToPage(i)
    // Below the margin pdfkit would begin another page.
    doc.page.margins.bottom = 0
    const at = doc.page.height - FOOTER
    doc
      .font(fonts.text)
      .fontSize(size.small)
      .text(info.footer(i + 1, count), MARGIN, at, { lineBreak: false })
  }
}
