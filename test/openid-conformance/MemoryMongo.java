import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.ServerVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/** A database in memory for the suite: MemoryMongo PORT. */
public class MemoryMongo {
  public static void main(String[] arguments) throws Exception {
    MongoServer server = new MongoServer(new Backend().version(ServerVersion.MONGO_5_0));
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    Thread.currentThread().join();
  }

  /** The suite asks at its start for a parameter that the stand-in does not know. */
  private static class Backend extends MemoryBackend {
    @Override
    public Document handleCommand(Channel channel, String database, String command, Document query) {
      if (!command.equals("getParameter")) return super.handleCommand(channel, database, command, query);
      return new Document("featureCompatibilityVersion", new Document("version", "6.0")).append("ok", 1.0);
    }
  }
}
