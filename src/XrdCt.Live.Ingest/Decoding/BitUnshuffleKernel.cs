namespace XrdCt.Live.Ingest.Decoding;

/// <summary>Ways to transpose the bits of a block; all give the same bytes.</summary>
internal enum BitUnshuffleKernel
{
    /// <summary>Eight elements at a time in a 64-bit register, on any machine.</summary>
    Word64,

    /// <summary>128 elements at a time: SSE2 or Arm64 AdvSimd, with GFNI where present.</summary>
    Vector128,

    /// <summary>256 elements at a time: AVX2, with GFNI where present.</summary>
    Vector256,

    /// <summary>512 elements at a time: AVX-512 with GFNI.</summary>
    Vector512,
}
