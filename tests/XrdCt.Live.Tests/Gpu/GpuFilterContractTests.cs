using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Gpu;

[Collection(GpuCollection.Name)]
public sealed class GpuMeanContractTests : MeanContract
{
    public static new TheoryData<PixelSplitting, string, string, ErrorModel> Cases => ContractDevice.Cases;

    protected override int FrameCount => ContractDevice.FrameCount;

    protected override IFrameIntegrator Create(IntegrationPlan plan) => ContractDevice.Create(plan);
}

[Collection(GpuCollection.Name)]
public sealed class GpuTrimmedContractTests : TrimmedContract
{
    public static new TheoryData<PixelSplitting, string, string, ErrorModel> Cases => ContractDevice.Cases;

    protected override int FrameCount => ContractDevice.FrameCount;

    protected override IFrameIntegrator Create(IntegrationPlan plan) => ContractDevice.Create(plan);
}

[Collection(GpuCollection.Name)]
public sealed class GpuCakeContractTests : CakeContract
{
    public static new TheoryData<PixelSplitting, string, string, ErrorModel> Cases => ContractDevice.Cases;

    protected override int FrameCount => ContractDevice.FrameCount;

    protected override IFrameIntegrator Create(IntegrationPlan plan) => ContractDevice.Create(plan);
}

[Collection(GpuCollection.Name)]
public sealed class GpuSigmaClipContractTests : SigmaClipContract
{
    public static new TheoryData<PixelSplitting, string, string, ErrorModel> Cases => ContractDevice.Cases;

    protected override int FrameCount => ContractDevice.FrameCount;

    protected override IFrameIntegrator Create(IntegrationPlan plan) => ContractDevice.Create(plan);
}
