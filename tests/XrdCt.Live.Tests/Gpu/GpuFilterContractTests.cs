using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Gpu;

[Collection(GpuCollection.Name)]
public sealed class GpuMeanContractTests : MeanContract
{
    protected override IFrameIntegrator Create(IntegrationPlan plan) => ContractDevice.Create(plan);
}

[Collection(GpuCollection.Name)]
public sealed class GpuTrimmedContractTests : TrimmedContract
{
    protected override IFrameIntegrator Create(IntegrationPlan plan) => ContractDevice.Create(plan);
}

[Collection(GpuCollection.Name)]
public sealed class GpuCakeContractTests : CakeContract
{
    protected override IFrameIntegrator Create(IntegrationPlan plan) => ContractDevice.Create(plan);
}

[Collection(GpuCollection.Name)]
public sealed class GpuSigmaClipContractTests : SigmaClipContract
{
    protected override IFrameIntegrator Create(IntegrationPlan plan) => ContractDevice.Create(plan);
}
