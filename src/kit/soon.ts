// Values that are there already, or will be: most of what a request needs is in memory, and a promise costs more than the look.

/** `next` of the value, at once where it is there. */
export const soon = <A, B>(value: A | Promise<A>, next: (value: A) => B | Promise<B>): B | Promise<B> => (value instanceof Promise ? value.then(next) : next(value))
