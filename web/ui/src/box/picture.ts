// A picture of a telephone is far larger than what a report needs.

const side = 1280

/** The picture as a JPEG of at most 1280 pixels either way. */
export async function smaller(file: File): Promise<Blob> {
  const whole = await createImageBitmap(file)
  const scale = Math.min(1, side / Math.max(whole.width, whole.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(whole.width * scale)
  canvas.height = Math.round(whole.height * scale)
  canvas.getContext('2d')!.drawImage(whole, 0, 0, canvas.width, canvas.height)
  return new Promise((done, failed) => canvas.toBlob((b) => (b ? done(b) : failed(new Error('no picture'))), 'image/jpeg', 0.8))
}
