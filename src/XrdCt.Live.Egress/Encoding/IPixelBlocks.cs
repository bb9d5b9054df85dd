namespace XrdCt.Live.Egress.Encoding;

/// <summary>An image that is made or read block by block, so that it need not exist as a whole in memory.</summary>
public interface IPixelBlocks
{
    /// <summary>Makes one block.</summary>
    /// <param name="block">Block of <see cref="Bslz4Encoder.BlockPixels"/> pixels, from 0.</param>
    /// <param name="pixels">Receives counts, length <see cref="Bslz4Encoder.BlockPixels"/>; what lies beyond the image
    /// is ignored.</param>
    void Read(int block, Span<int> pixels);
}
