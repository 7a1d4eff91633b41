export function build(options?: { always?: boolean }): Promise<void>
