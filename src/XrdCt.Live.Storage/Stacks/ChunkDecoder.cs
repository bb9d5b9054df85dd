namespace XrdCt.Live.Storage.Stacks;

/// <summary>Unpacks bitshuffle-LZ4 (HDF5 filter 32008).</summary>
/// <param name="packed">The packed bytes, as untrusted as the file.</param>
/// <param name="elementSize">Bytes of a pixel: 1, 2, 4 or 8.</param>
/// <param name="plain">Receives the pixels, of known length.</param>
/// <returns>False where the bytes do not unpack to that length.</returns>
public delegate bool ChunkDecoder(ReadOnlySpan<byte> packed, int elementSize, Span<byte> plain);
