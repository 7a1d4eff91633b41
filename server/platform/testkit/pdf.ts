/** The text of a PDF whose pages are not compressed: pdfkit writes it in hexadecimal, with kerning in between. */
export function textOfPdf(pdf: Buffer): string {
  const lines = [...pdf.toString('latin1').matchAll(/\[([^\]]*)\] TJ/g)].map((m) =>
    [...(m[1] ?? '').matchAll(/<([0-9a-f]+)>/g)]
      .map((part) => Buffer.from(part[1] ?? '', 'hex').toString('latin1'))
      .join(''),
  )
  return lines.join(' ')
}
