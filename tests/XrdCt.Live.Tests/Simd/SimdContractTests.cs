using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Simd;

public sealed class SimdMeanContractTests : MeanContract
{
    protected override IFrameIntegrator Create(IntegrationPlan plan) => new SimdIntegrator(plan, SmallDetector.Reader);
}

public sealed class SimdTrimmedContractTests : TrimmedContract
{
    protected override IFrameIntegrator Create(IntegrationPlan plan) => new SimdIntegrator(plan, SmallDetector.Reader);
}

public sealed class SimdSigmaClipContractTests : SigmaClipContract
{
    protected override IFrameIntegrator Create(IntegrationPlan plan) => new SimdIntegrator(plan, SmallDetector.Reader);
}

public sealed class SimdCakeContractTests : CakeContract
{
    protected override IFrameIntegrator Create(IntegrationPlan plan) => new SimdIntegrator(plan, SmallDetector.Reader);
}
