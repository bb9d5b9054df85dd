using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Simd;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class BlockBackProjectorTests : BlockBackProjectionContract
{
    protected override void Add(int size, double centre_px, float[] filtered, ProjectionTerm[] terms, float[] slices) =>
        new BlockBackProjector(size, centre_px).Add(filtered, terms, slices);
}

public sealed class BlockBackProjectorOf256BitsTests : BlockBackProjectionContract
{
    protected override void Add(int size, double centre_px, float[] filtered, ProjectionTerm[] terms, float[] slices) =>
        new BlockBackProjector(size, centre_px).Add<BinVector256>(filtered, terms, slices);
}

public sealed class BlockBackProjectorOf512BitsTests : BlockBackProjectionContract
{
    protected override void Add(int size, double centre_px, float[] filtered, ProjectionTerm[] terms, float[] slices) =>
        new BlockBackProjector(size, centre_px).Add<BinVector512>(filtered, terms, slices);
}
