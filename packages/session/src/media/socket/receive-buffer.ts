/** Asked for; the kernel gives no more than it is configured to (`net.core.rmem_max`). */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
